# `make` alone prints the verbs. Needs git, make and Python 3.11, 3.12 or 3.13; everything else goes into .venv.

# A value given to make reaches a command as an argument through the environment ("$$REV"), never as text that make or
# the shell evaluates: $(value …) takes it as it was typed.
VALUES := PYTHON RUNS ARGS PORT RESTORE RUN REV OUT NAME MINUTES ROWS REPEATS YES REPAIR KILLS EVERY ONLY
$(foreach name,$(VALUES),$(if $(value $(name)),$(eval override $(name) := $$(value $(name)))$(eval export $(name))))

GPU := $(shell uname -sm | grep -q 'Linux x86_64' && nvidia-smi -L 2>/dev/null | grep '^GPU')
LOCK := $(if $(GPU),requirements-gpu.lock,requirements.lock)

# .venv/ready is written last and says what was installed and where: a changed lock, a moved folder or a new GPU
# installs again, an interrupted installation does too, and nothing else does.
READY := .venv/ready
export WANTED := $(LOCK) $(shell cksum <$(LOCK)) $(CURDIR)
IN_VENV := set -f; . .venv/bin/activate &&

.PHONY: help repro plan cluster test test-all test-team test-cluster test-export lint ui tensorboard compare experiments
.PHONY: pictures sync promote serve demo export study bench lock prune doctor faults audit clean
help: ## print these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s  %s\n", $$1, $$2}' Makefile

repro: $(READY) ## run every stage that is out of date; RUNS="lenet-plain vgg-plain" for these runs only
	@$(IN_VENV) exec python -m tools.repro -- $$RUNS

plan: $(READY) ## print what `make repro` would run and for about how long
	@$(IN_VENV) exec python -m tools.repro --plan -- $$RUNS

cluster: .venv/cluster ## the same with the runs on a Ray cluster, by default of this machine alone; see docs/cluster.md
	@$(IN_VENV) exec python -m tools.cluster $$ARGS -- $$RUNS

# pytest splits PYTEST_ADDOPTS into words as a shell does, and evaluates nothing.
test: .venv/test ## run all tests but the slow ones; ARGS="-k params" are options of pytest
	@$(IN_VENV) PYTEST_ADDOPTS="$$PYTEST_ADDOPTS -m 'not slow' $$ARGS" python -m pytest

test-all: .venv/test ## run all tests, also those that take minutes
	@$(IN_VENV) PYTEST_ADDOPTS="$$PYTEST_ADDOPTS $$ARGS" python -m pytest

test-team: .venv/team .venv/test ## test with a real database, bucket and server; setup/debian installs PostgreSQL
	@$(IN_VENV) PYTEST_ADDOPTS="$$PYTEST_ADDOPTS $$ARGS" python -m pytest -n 0 tests/team

test-cluster: .venv/cluster .venv/test ## run small trainings on three simulated nodes and kill some
	@$(IN_VENV) PYTEST_ADDOPTS="$$PYTEST_ADDOPTS $$ARGS" python -m pytest -n 0 tests/cluster

test-export: .venv/export .venv/test ## test LiteRT and ONNX files of a small network
	@$(IN_VENV) PYTEST_ADDOPTS="$$PYTEST_ADDOPTS $$ARGS" python -m pytest -n 0 tests/export

lint: .venv/test ## check style and formatting
	@$(IN_VENV) ruff check . && ruff format --check .

ui: $(READY) ## compare the runs in the browser (MLflow, on this machine only); PORT=8080 chooses the port
	@$(IN_VENV) exec python -m tools.ui -- $${PORT:+"$$PORT"}

tensorboard: .venv/tensorboard ## show histograms and curves in TensorBoard, on this machine only; PORT=8080 chooses the port
	@$(IN_VENV) exec python -m tools.tensorboard -- $${PORT:+"$$PORT"}

pictures: .venv/test ## make the README's screenshots of MLflow from mlflow.db; needs chromium (setup/browser)
	@$(IN_VENV) exec python -m tests.support.readme_pictures

sync: $(READY) ## log every result that MLflow lacks, here or at MLFLOW_TRACKING_URI; RESTORE=1 for deleted runs too
	@$(IN_VENV) exec python -m tools.sync $${RESTORE:+--restore}

promote: $(READY) ## make the best run the champion, or RUN=vgg-dropout, even if that is worse than the present one
	@$(IN_VENV) exec python -m tools.promote -- $${RUN:+"$$RUN"}

serve: $(READY) ## serve the champion over HTTP (on this machine only); PORT=8080 chooses the port
	@$(IN_VENV) exec python -m tools.serve -- $${PORT:+"$$PORT"}

demo: $(READY) ## draw digits on a page and watch all networks read them; PORT=8080 chooses the port
	@$(IN_VENV) exec python -m tools.demo $${PORT:+"$$PORT"}

export: .venv/export ## write the champion, or RUN=vgg-plain, as LiteRT and ONNX files to exports/, and compare them
	@$(IN_VENV) exec python -m tools.export $$ARGS -- $${RUN:+"$$RUN"}

compare: $(READY) ## changes of params and metrics since the last commit or REV=main, as Markdown; OUT=FILE for a file
	@$(IN_VENV) exec python -m tools.compare -- "$${REV:-HEAD}" $${OUT:+"$$OUT"}

experiments: $(READY) ## print a table of the results and of the experiments of `dvc exp run`, 120 columns wide
	@$(IN_VENV) exec python -m tools.experiments

study: $(READY) ## run one of study/, NAME=notebook; RUNS=vgg-dropout for some of its runs, MINUTES=60 for a time limit
	@$(IN_VENV) exec python -m tools.study $${MINUTES:+--minutes="$$MINUTES"} -- $${NAME:+"$$NAME"} $$RUNS

bench: $(READY) ## measure against common alternatives; ROWS="train speed", REPEATS=5 for more of each
	@$(IN_VENV) exec python -m tools.bench $${REPEATS:+--repeats="$$REPEATS"} $$ARGS -- $$ROWS

lock: ## renew requirements*.lock from requirements*.in
	@setup/lock

prune: $(READY) ## list unused results and caches and ask whether to delete them; YES=1 deletes them at once
	@$(IN_VENV) exec python -m tools.prune $${YES:+--yes}

doctor: $(READY) ## check this installation and its results, one line each; REPAIR=1 repairs the DVC cache and tidies up
	@$(IN_VENV) exec python -m tools.doctor $${REPAIR:+--repair}

faults: .venv/test ## test recovery from crashes, damage and full disks, takes half an hour; KILLS=100 EVERY=1 for more
	@$(IN_VENV) exec python -m tests.faults $${KILLS:+--kills="$$KILLS"} $${EVERY:+--every="$$EVERY"} -- $$ONLY

audit: ## look up known vulnerabilities of the locked packages
	@setup/audit

clean: ## delete caches that are quickly made again; results, data, models, tracked runs and .venv stay
	rm -rf .pytest_cache .ruff_cache .hypothesis .tensorboard dvc_plots
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

ifneq ($(shell cat $(READY) 2>/dev/null),$(WANTED))
.PHONY: $(READY)
endif
# Packages that only some verbs need are added when such a verb first runs.
.venv/%: requirements-%.lock $(READY)
	@setup/add $< $@

$(READY):
	@setup/install $(LOCK) "$$WANTED"

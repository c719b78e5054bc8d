"""Which stages exist is in infra/stage.py, what they hold in infra/; this file only starts the synthesis.

`cdk synth` runs it with any Python 3.11 or later, also in a fresh clone: what is missing is made first, from the lock.
"""

from infra.environment import enter

if __name__ == "__main__":
    enter()
    from infra.synth import synth

    print(f"The cloud assembly is in {synth()}")

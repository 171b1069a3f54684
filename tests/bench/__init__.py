"""The benchmark (`make bench`): how fast the platform is on this machine, and what stands beside it.

It starts a platform of its own in a folder of its own, also beside a running one, and forgets it at the end.

    python -m tests.bench                               everything, about a quarter of an hour
    python -m tests.bench --quick                       smaller numbers, two or three minutes
    python -m tests.bench --only intake,lifecycle       some sections
    python -m tests.bench --output results.json         where the figures go

`stage` is the platform under measurement, `load` the load generator (a process of its own), `sections` what is
measured, `crowd` loads a million cases, `replay` and `raw` make the floor, `machine` looks at the machine.
"""

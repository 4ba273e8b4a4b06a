"""Workers as processes on the machines of a Dask cluster.

What runs where: the coordinator's process has `transport`, `member` and `stream`; a Dask worker has
`station` and `slot`; each process under it that runs tests is `process`.
"""

stderr: vfio-wizard: --memory: this host has 1966 MiB and must keep 2048 MiB; there is not enough left for a machine with 512 MiB.
exit: 2

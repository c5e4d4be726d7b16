"""The leader election of the package `kubernetes_asyncio`, cancelled on SIGTERM."""
import asyncio
import os
import signal

from kubernetes_asyncio import config
from kubernetes_asyncio.client import ApiClient
from kubernetes_asyncio.leaderelection import electionconfig, leaderelection
from kubernetes_asyncio.leaderelection.resourcelock.leaselock import LeaseLock
from telling import IDENTITY, LEASE, TIMING, tell


async def lead():
    tell("leading")
    await asyncio.Event().wait()


async def lost():
    tell("lost")


async def main():
    await config.load_kube_config(os.environ["KUBECONFIG"])
    tell("up")
    async with ApiClient() as client:
        lock = LeaseLock(LEASE, "default", IDENTITY, client)
        election = electionconfig.Config(lock, *TIMING, onstarted_leading=lead, onstopped_leading=lost)
        running = asyncio.ensure_future(leaderelection.LeaderElection(election).run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
        await asyncio.wait([running])


asyncio.run(main())

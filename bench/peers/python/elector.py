"""The leader election of the package `kubernetes`. It knows no stop: on SIGTERM the process just ends."""
import os
import signal
import threading

from kubernetes import config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from telling import IDENTITY, LEASE, TIMING, tell


def lead():
    tell("leading")
    threading.Event().wait()


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
config.load_kube_config(os.environ["KUBECONFIG"])
tell("up")
while True:
    lock = LeaseLock(LEASE, "default", IDENTITY)
    lost = lambda: tell("lost")
    election = electionconfig.Config(lock, *TIMING, onstarted_leading=lead, onstopped_leading=lost)
    leaderelection.LeaderElection(election).run()
    if "STAND_AGAIN" not in os.environ:
        break
# The work's thread is still there.
os._exit(0)

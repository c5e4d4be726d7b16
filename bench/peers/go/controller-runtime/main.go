// A manager of controller-runtime, which leads while its runnable runs, as operators do.
package main

import (
	"context"
	"os"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"peers/tell"
)

func main() {
	log.SetLogger(logr.Discard())
	config, err := ctrl.GetConfig()
	tell.Must(err)
	stand := tell.Stands()[0]
	leaseDuration, renewDeadline, retryPeriod := tell.Seconds("LEASE_DURATION"), tell.Seconds("RENEW_DEADLINE"), tell.Seconds("RETRY_PERIOD")
	// It draws its identity itself: the server tells it by its token.
	managed, err := ctrl.NewManager(config, ctrl.Options{
		LeaderElection:                true,
		LeaderElectionID:              stand.Lease,
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &leaseDuration,
		RenewDeadline:                 &renewDeadline,
		RetryPeriod:                   &retryPeriod,
		Metrics:                       server.Options{BindAddress: "0"},
	})
	tell.Must(err)
	tell.Must(managed.Add(manager.RunnableFunc(func(ctx context.Context) error {
		tell.Event("leading", stand)
		<-ctx.Done()
		tell.Event("lost", stand)
		return nil
	})))
	tell.Event("up", stand)
	// An error is how it says that it has lost.
	if err := managed.Start(ctrl.SetupSignalHandler()); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	}
}

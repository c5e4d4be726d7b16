// client-go's leader election, as its documentation shows it: ReleaseOnCancel, protobuf, HTTP/2.
package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"peers/tell"
)

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	tell.Must(err)
	stands := tell.Stands()
	if len(stands) > 1 {
		// Its own limit is 5 requests a second, for all that a process does.
		config.QPS = -1
	}
	client, err := kubernetes.NewForConfig(config)
	tell.Must(err)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()

	tell.Event("up", stands[0])
	var all sync.WaitGroup
	for _, stand := range stands {
		all.Go(func() {
			// Once it has lost, an elector is of no further use: who wants to lead again makes another one.
			for isFirst := true; isFirst || os.Getenv("STAND_AGAIN") != "" && ctx.Err() == nil; isFirst = false {
				elect(ctx, client, stand)
			}
		})
	}
	all.Wait()
}

func elect(ctx context.Context, client *kubernetes.Clientset, stand tell.Stand) {
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: stand.Lease, Namespace: "default"},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: stand.Identity},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   tell.Seconds("LEASE_DURATION"),
		RenewDeadline:   tell.Seconds("RENEW_DEADLINE"),
		RetryPeriod:     tell.Seconds("RETRY_PERIOD"),
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { tell.Event("leading", stand) },
			// It is called for who never led, too.
			OnStoppedLeading: func() { tell.Event("lost", stand) },
			OnNewLeader: func(leader string) {
				if leader != stand.Identity {
					tell.Event("following", stand)
				}
			},
		},
	})
}

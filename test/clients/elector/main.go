// Stands for election with client-go as it is by default: protobuf, HTTP/2, and events of what happens. One JSON line
// an event.
//
// Usage: KUBECONFIG=FILE elector LEASE IDENTITY
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
)

func tell(event string, value any) {
	line, _ := json.Marshal(map[string]any{"event": event, "value": value})
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	lease, identity := os.Args[1], os.Args[2]
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	client, err := kubernetes.NewForConfig(config)
	must(err)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()

	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: "default", Verb: "update", Group: "coordination.k8s.io", Resource: "leases",
		}},
	}, metav1.CreateOptions{})
	must(err)
	tell("may", review.Status.Allowed)

	watch, err := client.CoordinationV1().Leases("default").Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + lease})
	must(err)
	go func() {
		for event := range watch.ResultChan() {
			tell("watched", string(event.Type))
		}
	}()

	broadcaster := record.NewBroadcaster()
	sink := broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	defer sink.Stop()
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Name: lease, Namespace: "default"},
			Client:    client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{
				Identity:      identity,
				EventRecorder: broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "elector"}),
			},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   1500 * time.Millisecond,
		RenewDeadline:   1000 * time.Millisecond,
		RetryPeriod:     200 * time.Millisecond,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { tell("leading", identity) },
			OnStoppedLeading: func() { tell("stopped", identity) },
			OnNewLeader:      func(leader string) { tell("newLeader", leader) },
		},
	})
	leases, err := client.CoordinationV1().Leases("default").List(context.Background(), metav1.ListOptions{})
	must(err)
	tell("leases", len(leases.Items))
}

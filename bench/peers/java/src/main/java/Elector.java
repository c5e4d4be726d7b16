import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** fabric8's leader elector, with releaseOnCancel. */
public class Elector {
  private static final String LEASE = System.getenv("STANDS").split(" ")[0];
  private static final String ME = System.getenv("STANDS").split(" ")[1];
  /** Seconds within which it is to have given the Lease back. */
  private static final int PATIENCE = 2;

  private static volatile CompletableFuture<?> running;
  private static volatile boolean isStopping;
  private static final CountDownLatch STOPPED = new CountDownLatch(1);

  public static void main(String[] args) throws Exception {
    Config config = Config.fromKubeconfig(Files.readString(Path.of(System.getenv("KUBECONFIG"))));
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
    Runtime.getRuntime().addShutdownHook(new Thread(Elector::stop));
    tell("up");
    do {
      running = client.leaderElector()
          .withConfig(new LeaderElectionConfigBuilder()
              .withName("peers")
              .withLock(new LeaseLock("default", LEASE, ME))
              .withLeaseDuration(seconds("LEASE_DURATION"))
              .withRenewDeadline(seconds("RENEW_DEADLINE"))
              .withRetryPeriod(seconds("RETRY_PERIOD"))
              .withReleaseOnCancel(true)
              .withLeaderCallbacks(new LeaderCallbacks(() -> tell("leading"), Elector::lost, Elector::follow))
              .build())
          .build()
          .start();
      try {
        running.join();
      } catch (CancellationException | CompletionException ended) {
        // It has told by its callbacks.
      }
    } while (System.getenv("STAND_AGAIN") != null && !isStopping);
  }

  private static void lost() {
    tell("lost");
    if (isStopping) STOPPED.countDown();
  }

  private static void follow(String leader) {
    if (!ME.equals(leader)) tell("following");
  }

  private static void stop() {
    isStopping = true;
    if (running == null) return;
    running.cancel(true);
    try {
      STOPPED.await(PATIENCE, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Duration seconds(String name) {
    return Duration.ofMillis(Math.round(Double.parseDouble(System.getenv(name)) * 1000));
  }

  /** One line; nanoTime is the machine's monotonic clock, which all processes share. */
  private static synchronized void tell(String event) {
    double at = System.nanoTime() / 1e6;
    String line = "{\"event\":\"%s\",\"at\":%.3f,\"lease\":\"%s\",\"identity\":\"%s\"}";
    System.out.println(String.format(java.util.Locale.ROOT, line, event, at, LEASE, ME));
  }
}

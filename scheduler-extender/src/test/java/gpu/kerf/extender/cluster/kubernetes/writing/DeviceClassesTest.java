package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ServerWithoutStreams;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two threads read the classes while the API server lets the first one wait. */
@Timeout(20)
class DeviceClassesTest {
  private final AtomicLong nanos = new AtomicLong();
  private final SlowServer server = new SlowServer();
  private final DeviceClasses classes = new DeviceClasses(nanos::get);

  private CompletableFuture<DeviceClasses.Known> begin() throws InterruptedException {
    CompletableFuture<DeviceClasses.Known> first = CompletableFuture.supplyAsync(this::read);
    server.asked.await();
    nanos.incrementAndGet();
    return first;
  }

  private DeviceClasses.Known read() {
    try {
      return classes.read(server, List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aReadThatTakesLongHoldsUpNoOther() throws Exception {
    CompletableFuture<DeviceClasses.Known> first = begin();

    assertThat(read().has("class-2")).isTrue();
    assertThat(first).isNotDone();
    server.mayAnswer.countDown();
    assertThat(first.get().has("class-1")).isTrue();
  }

  @Test
  void anAnswerThatComesLateDoesNotReplaceANewerOne() throws Exception {
    CompletableFuture<DeviceClasses.Known> first = begin();
    read();
    server.mayAnswer.countDown();
    first.get();

    assertThat(read().has("class-2")).isTrue();
    assertThat(server.calls).hasValue(2);
  }

  /** Each answer has a class of its own; the first one takes long. */
  private static final class SlowServer extends ServerWithoutStreams {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private final AtomicInteger calls = new AtomicInteger();

    @Override
    public ApiReply send(ApiRequest request) throws IOException {
      int call = calls.incrementAndGet();
      if (call == 1) {
        asked.countDown();
        await(mayAnswer);
      }
      String list = "{\"items\":[{\"metadata\":{\"name\":\"class-" + call + "\"}}]}";
      return new ApiReply(200, list.getBytes(StandardCharsets.UTF_8));
    }

    private static void await(CountDownLatch latch) throws IOException {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }
}

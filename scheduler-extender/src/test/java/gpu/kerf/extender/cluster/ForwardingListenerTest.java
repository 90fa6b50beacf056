package gpu.kerf.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardingListenerTest {

  /** An event with a default of its own would be lost without a word if it were left out. */
  @Test
  void everyEventIsForwarded() {
    List<String> left = new ArrayList<>();
    for (Method event : ClusterListener.class.getMethods()) {
      boolean forwarded =
          Arrays.stream(ForwardingListener.class.getDeclaredMethods())
              .anyMatch(
                  own ->
                      own.getName().equals(event.getName())
                          && Arrays.equals(own.getParameterTypes(), event.getParameterTypes()));
      if (!forwarded) {
        left.add(event.getName());
      }
    }
    assertThat(left).isEmpty();
  }
}

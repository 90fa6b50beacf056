package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class K3sImageTest {
  private static final String UNREACHABLE = "dial tcp: lookup registry:\n  no such host";

  private final List<String> pulled = new ArrayList<>();

  @Test
  void publishedImageOfTheVersionOfAllTestsIsPulled() {
    K3sImage image = K3sImage.find(Map.of("KERF_K8S_VERSION", "1.34.4"), engine("", ""));
    assertThat(image.orSkip().name()).isEqualTo("rancher/k3s:v1.34.4-k3s1");
    assertThat(pulled).containsExactly("rancher/k3s:v1.34.4-k3s1");
  }

  @Test
  void imageThatTheEnvironmentNamesComesFirstAndIsNotPulledAgain() {
    K3sImage image = K3sImage.find(named("local/k3s:1"), engine("local/k3s:1", UNREACHABLE));
    assertThat(image.orSkip().name()).isEqualTo("local/k3s:1");
    assertThat(pulled).isEmpty();
  }

  @Test
  void emptyVariableNamesNothing() {
    K3sImage image = K3sImage.find(named(""), engine("", ""));
    assertThat(image.orSkip().name()).isEqualTo("rancher/k3s:v1.36.3-k3s1");
  }

  @Test
  void withoutARegistryTheReasonIsOneLine() {
    K3sImage image = K3sImage.find(Map.of(), engine("", UNREACHABLE));
    assertThatThrownBy(image::orSkip)
        .extracting(thrown -> thrown.getClass().getSimpleName())
        .isEqualTo("TestAbortedException");
    assertThatThrownBy(image::orSkip)
        .hasMessageContaining("no K3s: Docker cannot pull rancher/k3s:v1.36.3-k3s1: dial tcp:")
        .hasMessageEndingWith("lookup registry: no such host");
  }

  @Test
  void namedImageThatCannotBeHadIsAMistake() {
    assertThatThrownBy(() -> K3sImage.find(named("mirror/k3s:1"), engine("", UNREACHABLE)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("KERF_K3S_IMAGE is mirror/k3s:1")
        .hasMessageContaining("no such host")
        .hasMessageContaining("Maybe unset it");
  }

  private static Map<String, String> named(String image) {
    return Map.of("KERF_K3S_IMAGE", image);
  }

  /** An engine with one image, whose pulls fail for a reason or, if there is none, succeed. */
  private K3sImage.Engine engine(String image, String failure) {
    return new K3sImage.Engine() {
      @Override
      public boolean has(String name) {
        return name.equals(image);
      }

      @Override
      public String pull(String name) {
        pulled.add(name);
        return failure;
      }
    };
  }
}

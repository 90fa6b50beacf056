package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The demand of a pod while its words are being read. */
final class Draft {

  /**
   * The longest part of an annotation's key behind its prefix is 63 characters, and {@code
   * visible-devices.} comes before the container's name.
   */
  static final int LONGEST_CONTAINER_NAME = 63 - "visible-devices.".length();

  private final PodView pod;
  private final List<PodDemand.Container> demands = new ArrayList<>(2);
  private final List<String> problems = new ArrayList<>(0);

  Draft(PodView pod) {
    this.pod = pod;
  }

  PodView pod() {
    return pod;
  }

  /** Reads every container that asks. */
  Draft read(Predicate<Container> asks, Function<Container, @Nullable Demand> reader) {
    for (Container container : asking(pod, asks)) {
      add(container, reader);
    }
    return this;
  }

  /** Those that ask, in the order in which they start. */
  static List<Container> asking(PodView pod, Predicate<Container> asks) {
    List<Container> asking = new ArrayList<>(2);
    pod.initContainers().stream().filter(asks).forEach(asking::add);
    pod.containers().stream().filter(asks).forEach(asking::add);
    return asking;
  }

  /** Whether a container has a name to which annotations can be written; else that is a problem. */
  static boolean hasUsableName(Container container, List<String> problems) {
    if (container.name().isBlank()) {
      problems.add("A container that asks for a GPU has no name.");
      return false;
    }
    if (container.name().length() > LONGEST_CONTAINER_NAME) {
      problems.add(
          "The name of container "
              + container.name()
              + " is longer than "
              + LONGEST_CONTAINER_NAME
              + " characters.\nNames of annotations end with it: shorten it.");
      return false;
    }
    return true;
  }

  private void add(Container container, Function<Container, @Nullable Demand> reader) {
    if (!hasUsableName(container, problems)) {
      return;
    }
    try {
      Demand demand = reader.apply(container);
      if (demand != null) {
        demands.add(new PodDemand.Container(container.name(), demand));
      }
    } catch (IllegalArgumentException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  /** Reads something that belongs to the whole pod. */
  <T> @Nullable T part(Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      problems.add(String.valueOf(e.getMessage()));
      return null;
    }
  }

  void problem(String text) {
    problems.add(text);
  }

  static Value limit(Container container, String key) {
    String limit = container.resources().limits().get(key);
    String text = limit == null ? container.resources().requests().get(key) : limit;
    return new Value(key, text, container.name());
  }

  Value annotation(String key) {
    return new Value(key, pod.annotations().get(key), "");
  }

  GpuReading reading() {
    return new GpuReading(problems.isEmpty() ? demands : List.of(), problems);
  }
}

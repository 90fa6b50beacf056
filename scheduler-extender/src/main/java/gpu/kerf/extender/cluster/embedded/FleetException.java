package gpu.kerf.extender.cluster.embedded;

import java.util.List;

/** A fleet file that says nonsense; it names every problem at once. */
public final class FleetException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  FleetException(String file, List<String> problems) {
    super(
        "The fleet file %s has %s:\n%s"
            .formatted(
                file,
                problems.size() == 1 ? "a problem" : problems.size() + " problems",
                String.join("\n", problems)));
  }
}

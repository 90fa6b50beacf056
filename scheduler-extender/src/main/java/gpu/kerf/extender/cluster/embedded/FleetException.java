package gpu.kerf.extender.cluster.embedded;

import java.util.List;

/** Says that a fleet file is invalid, and lists every problem in it. */
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

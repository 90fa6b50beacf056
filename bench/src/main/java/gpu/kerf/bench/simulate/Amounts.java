package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;

/** Sums of kerf.gpu/memory, in MiB, and of kerf.gpu/whole. */
record Amounts(long memoryMiB, long whole) {

  static Amounts of(PodObject pod) {
    long memory = 0;
    long whole = 0;
    for (String container : pod.containers()) {
      memory += mebibytes(pod.limit(container, "kerf.gpu/memory"));
      whole += number(pod.limit(container, "kerf.gpu/whole"));
    }
    return new Amounts(memory, whole);
  }

  static Amounts of(Stored node) {
    JsonNode allocatable = node.json().path("status").path("allocatable");
    return new Amounts(
        mebibytes(allocatable.path("kerf.gpu/memory").asText("")),
        number(allocatable.path("kerf.gpu/whole").asText("")));
  }

  boolean isNothing() {
    return memoryMiB == 0 && whole == 0;
  }

  Amounts minus(Amounts other) {
    return new Amounts(memoryMiB - other.memoryMiB, whole - other.whole);
  }

  boolean fitIn(Amounts offered) {
    return memoryMiB <= Math.max(0, offered.memoryMiB) && whole <= Math.max(0, offered.whole);
  }

  /** What makes no sense counts as nothing: kube-scheduler never sees it. */
  static long mebibytes(String written) {
    try {
      if (written.endsWith("Gi")) {
        return 1024 * Long.parseLong(written.substring(0, written.length() - 2));
      }
      return written.endsWith("Mi")
          ? Long.parseLong(written.substring(0, written.length() - 2))
          : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static long number(String written) {
    return written.matches("[0-9]{1,9}") ? Long.parseLong(written) : 0;
  }
}

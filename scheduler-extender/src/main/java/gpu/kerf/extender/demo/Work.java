package gpu.kerf.extender.demo;

import gpu.kerf.model.demand.WallChoice;
import java.util.List;

/**
 * A piece of work that arrives: its demand and its duration.
 *
 * @param memoryMiB of GPU memory in all; 0 if it asks for whole GPUs
 * @param gpus how many whole GPUs, or over how many the memory is split
 * @param smPercent of the multiprocessors to set aside; 0 for none
 * @param models GPU models it may run on; empty for any
 * @param arrival when it comes, in milliseconds since the start
 * @param duration for how long it runs, in milliseconds
 */
record Work(
    int number,
    Kind kind,
    String namespace,
    int memoryMiB,
    int gpus,
    WallChoice wall,
    int smPercent,
    List<String> models,
    int cpuMilli,
    int hostMemoryMiB,
    long arrival,
    long duration) {

  /** Who brings it. */
  enum Kind {
    INFERENCE("inference", 0),
    NOTEBOOK("notebook", 0),
    TENANT("tenant", 0),
    TRAINING("training", 0),
    URGENT("urgent", 1_000),
    SCORING("scoring", 1_000),
    REPORT("report", 0);

    private final String word;
    private final int priority;

    Kind(String word, int priority) {
      this.word = word;
      this.priority = priority;
    }

    String word() {
      return word;
    }

    int priority() {
      return priority;
    }
  }

  boolean isWhole() {
    return memoryMiB == 0;
  }

  String name() {
    return kind.word() + "-" + number;
  }

  /** The memory that it asks of each of its GPUs. */
  int memoryPerGpu() {
    return (memoryMiB + gpus - 1) / gpus;
  }
}

package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuMode;
import java.util.Arrays;

/**
 * Measures how long a review holds up the event loop, from the bytes that come to those that go, on
 * a fleet of so many nodes; and with {@code hostile N} what bodies of N bytes that are made to be
 * slow take.
 */
public final class AdmissionCost {
  private static final int ROUNDS = 20_000;

  private AdmissionCost() {}

  /** One webhook. */
  private interface Webhook {
    Answer answer(Review review) throws WireException;
  }

  public static void main(String[] args) throws WireException {
    if (args[0].equals("hostile")) {
      hostile(Integer.parseInt(args[1]));
      return;
    }
    AdmissionFixture admissionFixture = AdmissionFixture.empty(AdmissionFixture.TERMS);
    for (int i = 0; i < Integer.parseInt(args[0]); i++) {
      admissionFixture.node("gpu-node-%05d".formatted(i), 8, "H100-80GB", GpuMode.PLAIN);
    }
    report(
        admissionFixture,
        "one container",
        "{spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: 8Gi}}}]}}");
    report(admissionFixture, "none asks", "{spec: {containers: [{name: main}]}}");
    report(
        admissionFixture,
        "a fraction, KAI",
        "{metadata: {annotations: {gpu-fraction: \"0.5\"}}, spec: {containers: [{name: main}]}}");
    report(admissionFixture, "ten containers, 20 KB", large());
    report(
        admissionFixture,
        "no node could",
        "{spec: {containers: [{name: main, resources: {limits: {kerf.gpu/memory: 96Gi}}}]}}");
  }

  /** The slowest of a few, in milliseconds. */
  private static void hostile(int bytes) {
    AdmissionFixture admissionFixture = AdmissionFixture.usual();
    HostileBodies.of(bytes)
        .forEach(
            (what, body) ->
                System.out.printf(
                    "%-28s %8d B  mutate %8.1f ms  validate %8.1f ms%n",
                    what,
                    body.length,
                    slowest(admissionFixture.admission::mutate, body),
                    slowest(admissionFixture.admission::validate, body)));
  }

  private static double slowest(Webhook webhook, byte[] review) {
    long slowest = 0;
    long total = 0;
    for (int round = 0; round < 10 && total < 2_000_000_000L; round++) {
      long began = System.nanoTime();
      try {
        Review read = Review.read(review);
        webhook.answer(read).json(read.uid());
      } catch (WireException refused) {
        // That is an answer, too.
      }
      long took = System.nanoTime() - began;
      total += took;
      slowest = Math.max(slowest, took);
    }
    return slowest / 1e6;
  }

  private static String large() {
    StringBuilder pod = new StringBuilder("{spec: {containers: [");
    for (int i = 0; i < 10; i++) {
      pod.append("{name: c").append(i).append(", image: app, env: [");
      for (int e = 0; e < 30; e++) {
        pod.append("{name: VARIABLE_").append(e).append(", value: some-text-of-a-usual-length},");
      }
      pod.append("], resources: {limits: {cpu: '1'").append(i == 0 ? ", kerf.gpu/memory: 8Gi" : "");
      pod.append("}}},");
    }
    return pod + "]}}";
  }

  private static void report(AdmissionFixture admissionFixture, String what, String yaml)
      throws WireException {
    JsonNode pod = AdmissionFixture.pod(yaml);
    byte[] creation = AdmissionFixture.creation(pod);
    byte[] admitted = AdmissionFixture.creation(admissionFixture.mutated(pod));
    System.out.printf(
        "%-24s %6d B  mutate %s  validate %s%n",
        what,
        admitted.length,
        micros(admissionFixture.admission::mutate, creation),
        micros(admissionFixture.admission::validate, admitted));
  }

  /** The median and the 99th of a hundred, in microseconds. */
  private static String micros(Webhook webhook, byte[] review) throws WireException {
    long[] nanos = new long[ROUNDS];
    int length = 0;
    for (int round = 0; round < 2 * ROUNDS; round++) {
      long began = System.nanoTime();
      Review read = Review.read(review);
      length += webhook.answer(read).json(read.uid()).length;
      nanos[round % ROUNDS] = System.nanoTime() - began;
    }
    Arrays.sort(nanos);
    return "p50 %.1f µs, p99 %.1f µs (%d B)"
        .formatted(nanos[ROUNDS / 2] / 1e3, nanos[ROUNDS * 99 / 100] / 1e3, length / (2 * ROUNDS));
  }
}

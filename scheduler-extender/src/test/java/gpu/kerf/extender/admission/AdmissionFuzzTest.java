package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * For every body, the webhooks answer as the API server expects or say why not; the fields that
 * they add name no device; and a second call adds nothing more. {@code -Dkerf.steps=N} sends N
 * bodies.
 */
class AdmissionFuzzTest {

  private static final int BODIES = Integer.getInteger("kerf.steps", 100_000);
  private static final long SEED = 20_261_121;
  private static final Path FOLDER = Path.of("src/test/resources/admission");
  private static final int LONGEST_ANSWER = 200_000;

  private final Random random = new Random(SEED);
  private final AdmissionFixture admissionFixture = AdmissionFixture.usual();
  private final List<JsonNode> pods = pods();
  private final PodMutator podMutator = new PodMutator(random, pods);

  private static List<JsonNode> pods() {
    List<JsonNode> pods = new ArrayList<>();
    try (Stream<Path> files = Files.list(FOLDER.resolve("golden"))) {
      for (Path file : files.sorted().toList()) {
        if (!file.toString().endsWith(".admitted.yaml")) {
          pods.add(AdmissionFixture.pod(Files.readString(file)));
        }
      }
      for (JsonNode attack :
          AdmissionFixture.YAML.readTree(Files.readString(FOLDER.resolve("attacks.yaml")))) {
        pods.add(AdmissionFixture.pod(attack.path("pod").toString()));
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return pods;
  }

  @Test
  void everyBodyGetsAnAnswerThatNamesNoDevice() {
    int answered = 0;
    int refused = 0;
    int patched = 0;
    for (int i = 0; i < BODIES; i++) {
      byte[] body = body();
      try {
        Review review = Review.read(body);
        answered++;
        Answer mutation = answer(admissionFixture.admission::mutate, review);
        check(mutation, review);
        patched += mutation.isPatched() ? 1 : 0;
        Answer verdict = answer(admissionFixture.admission::validate, review);
        check(verdict, review);
        refused += verdict.isAllowed() ? 0 : 1;
        if (mutation.isPatched()) {
          checkPatched(review, mutation);
        }
      } catch (WireException nonsense) {
        assertThat(nonsense.getMessage()).isNotBlank().hasSizeLessThan(1_000);
      } catch (RuntimeException | AssertionError | StackOverflowError e) {
        throw new AssertionError(what(body, i), e);
      }
    }
    assertThat(answered).as("read").isBetween(BODIES / 3, BODIES * 19 / 20);
    assertThat(refused).as("refused").isBetween(BODIES / 20, BODIES * 9 / 10);
    assertThat(patched).as("patched").isGreaterThan(BODIES / 20);
  }

  private interface Webhook {
    Answer answer(Review review) throws WireException;
  }

  private static Answer answer(Webhook webhook, Review review) {
    try {
      return webhook.answer(review);
    } catch (WireException unreadable) {
      return Answer.refused(
          new PodProblem(PodProblem.Kind.NONSENSE, String.valueOf(unreadable.getMessage()), ""));
    }
  }

  private byte[] body() {
    JsonNode pod = pods.get(random.nextInt(pods.size()));
    JsonNode tangled = random.nextInt(8) == 0 ? pod : podMutator.tangled(pod);
    byte[] review =
        switch (random.nextInt(6)) {
          case 0 -> AdmissionFixture.review("UPDATE", "", tangled, pod);
          case 1 ->
              AdmissionFixture.review(
                  "UPDATE", "ephemeralcontainers", podMutator.debugged(tangled), pod);
          case 2 ->
              AdmissionFixture.review(
                  podMutator.word(), podMutator.word(), tangled, podMutator.anything(3));
          default -> AdmissionFixture.creation(tangled);
        };
    return random.nextInt(5) == 0 ? podMutator.garbled(review) : review;
  }

  private static String what(byte[] body, int i) {
    String text = new String(body, StandardCharsets.UTF_8);
    String shown = text.length() > 4_000 ? text.substring(0, 4_000) + "…" : text;
    return "seed %d, body %d: %s".formatted(SEED, i, shown);
  }

  /** What the API server would read. */
  private static void check(Answer answer, Review review) {
    byte[] json = answer.json(review.uid());
    assertThat(json.length).isLessThan(LONGEST_ANSWER);
    JsonNode response = json(json).path("response");
    assertThat(response.path("uid").asText()).isEqualTo(review.uid());
    assertThat(response.path("allowed").isBoolean()).isTrue();
    if (!response.path("allowed").asBoolean()) {
      assertThat(response.at("/status/message").asText()).startsWith("Kerf refuses this pod:");
      assertThat(response.has("patch")).isFalse();
    }
    assertThat(response.has("patch")).isEqualTo(answer.isPatched());
  }

  private static JsonNode json(byte[] bytes) {
    try {
      return AdmissionFixture.JSON.readTree(bytes);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void checkPatched(Review review, Answer mutation) throws WireException {
    for (JsonNode operation : operations(mutation)) {
      checkNamesNoDevice(operation);
    }
    JsonNode after = AdmissionFixture.patched(review.object(), operations(mutation));
    byte[] again =
        AdmissionFixture.review(review.operation(), review.subresource(), after, review.before());
    assertThat(answer(admissionFixture.admission::mutate, Review.read(again)).isPatched())
        .as("patched again")
        .isFalse();
  }

  private static ArrayNode none() {
    return JsonNodeFactory.instance.arrayNode();
  }

  private static ArrayNode operations(Answer answer) {
    return answer.patch() == null ? none() : answer.patch().operations();
  }

  /** A variable is void or read from the annotation of that name; a path is one of the daemon's. */
  private static void checkNamesNoDevice(JsonNode operation) {
    JsonNode value = operation.path("value");
    List<JsonNode> all = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(all::add);
    } else {
      all.add(value);
    }
    for (JsonNode each : all) {
      if (each.has("value")) {
        assertThat(each.path("value").asText()).isEqualTo("void");
      }
      String path = each.at("/valueFrom/fieldRef/fieldPath").asText();
      assertThat(path)
          .matches(
              "|metadata\\.annotations\\['kerf\\.gpu/(visible-devices|mps-(pipe|memory|threads))"
                  + "\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?'\\]");
      assertThat(each.at("/hostPath/path").asText()).matches("|/run/kerf/mps/(pipe|shm)");
    }
  }
}

package gpu.kerf.bench.replay.mig;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.bench.replay.input.InputException;
import gpu.kerf.bench.replay.input.TextFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads jobs, one JSON object per line: {@code jobID}, {@code computeCoreMS}, {@code memoryMB},
 * {@code arrivalMS}. Other keys are ignored.
 */
final class JobFile {

  /** A third of a millennium: sums of such times stay within a long. */
  private static final long MOST_MS = 10_000_000_000_000L;

  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path path;
  private final Set<String> ids = new HashSet<>();

  private JobFile(Path path) {
    this.path = path;
  }

  /** The jobs by arrival; jobs that arrive together stay in the order of the file. */
  static List<Job> read(Path path) throws IOException {
    JobFile file = new JobFile(path);
    List<Job> jobs = new ArrayList<>();
    for (TextFile.Line line : TextFile.read(path).lines()) {
      jobs.add(file.job(line));
    }
    jobs.sort(Comparator.comparingLong(Job::arrivalMs));
    return List.copyOf(jobs);
  }

  private Job job(TextFile.Line line) throws InputException {
    JsonNode object = parse(line);
    String id = id(line, object);
    Job.Size size = size(line, number(line, object, "memoryMB", 1));
    long work = number(line, object, "computeCoreMS", 1);
    return new Job(id, size.index(), size.runMs(work), number(line, object, "arrivalMS", 0));
  }

  private JsonNode parse(TextFile.Line line) throws InputException {
    try {
      JsonNode node = MAPPER.readTree(line.text());
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw InputException.atLine(
          path,
          line.number(),
          "column " + e.getLocation().getColumnNr() + " is not JSON: " + e.getOriginalMessage(),
          EXAMPLE);
    }
    throw InputException.atLine(
        path,
        line.number(),
        "(" + InputException.shown(line.text()) + ") is not an object.",
        EXAMPLE);
  }

  private static final String EXAMPLE =
      "Write one object per line: {\"jobID\":\"a\",\"computeCoreMS\":14000,\"memoryMB\":10240,"
          + "\"arrivalMS\":0}";

  private String id(TextFile.Line line, JsonNode object) throws InputException {
    JsonNode value = value(line, object, "jobID");
    String id = value.isTextual() || value.isIntegralNumber() ? value.asText() : "";
    if (id.isBlank()) {
      throw wrong(line, "jobID", value + " is no name.", "Write a text or a whole number.");
    }
    if (!ids.add(id)) {
      throw wrong(
          line, "jobID", value + " stands there for the second time.", "Names must differ.");
    }
    return id;
  }

  private Job.Size size(TextFile.Line line, long memoryMb) throws InputException {
    for (Job.Size size : Job.SIZES) {
      if (size.memoryMb() == memoryMb) {
        return size;
      }
    }
    String known =
        Job.SIZES.stream()
            .map(size -> Integer.toString(size.memoryMb()))
            .collect(Collectors.joining(", "));
    throw wrong(
        line, "memoryMB", "(" + memoryMb + ") is no MIG profile's.", "Write one of " + known + ".");
  }

  private long number(TextFile.Line line, JsonNode object, String key, long least)
      throws InputException {
    JsonNode value = value(line, object, key);
    String range = "Write a whole number between " + least + " and " + MOST_MS + ".";
    if (!value.isNumber() || !(value.isIntegralNumber() || value.canConvertToExactIntegral())) {
      throw wrong(line, key, "(" + shown(value) + ") is not a whole number.", range);
    }
    if (!value.canConvertToLong() || value.longValue() < least || value.longValue() > MOST_MS) {
      throw wrong(line, key, "(" + shown(value) + ") is out of range.", range);
    }
    return value.longValue();
  }

  private static String shown(JsonNode value) {
    return InputException.shown(value.toString());
  }

  private JsonNode value(TextFile.Line line, JsonNode object, String key) throws InputException {
    JsonNode value = object.get(key);
    if (value == null || value.isNull()) {
      throw wrong(line, key, "the value is missing.", EXAMPLE);
    }
    return value;
  }

  private InputException wrong(TextFile.Line line, String key, String problem, String hint) {
    return new InputException(
        path + ", line " + line.number() + ", key " + key, InputException.shown(problem), hint);
  }
}

package gpu.kerf.model.hardware;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text form of a catalogue. It returns the whole catalogue, or reports every problem with
 * its line.
 */
final class CatalogText {

  private static final String NUMBERS_HELP =
      "Write a whole number; ~ in front of memory marks an estimate.";

  private final List<GpuModel> models = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private GpuModel.@Nullable Builder open;
  private boolean broken;
  private int lineOfOpen;
  private int line;

  private CatalogText() {}

  static List<GpuModel> parse(String text) {
    CatalogText reader = new CatalogText();
    text.lines().forEach(reader::readLine);
    if (reader.open != null) {
      reader.line++;
      reader.problem(
          "The text ends inside the block that line "
              + reader.lineOfOpen
              + " opens.\nMaybe it was cut off: close the block with end.");
    }
    if (!reader.problems.isEmpty()) {
      throw new CatalogException(reader.problems);
    }
    return List.copyOf(reader.models);
  }

  private void readLine(String raw) {
    line++;
    int comment = raw.indexOf('#');
    String content = (comment < 0 ? raw : raw.substring(0, comment)).strip();
    if (content.isEmpty()) {
      return;
    }
    try {
      readContent(content.split("\\s+", 2));
    } catch (IllegalArgumentException e) {
      problem(String.valueOf(e.getMessage()));
    }
  }

  private void readContent(String[] words) {
    String rest = words.length > 1 ? words[1] : "";
    if (words[0].equals("gpu")) {
      begin(rest);
    } else if (open == null) {
      throw new IllegalArgumentException(
          "\"%s\" stands outside a block.\nBegin one with: gpu NAME".formatted(words[0]));
    } else if (words[0].equals("end")) {
      finish(open, rest);
    } else {
      readValue(open, words[0], rest);
    }
  }

  private void begin(String name) {
    boolean nested = open != null;
    int outer = lineOfOpen;
    seen.clear();
    broken = false;
    lineOfOpen = line;
    open = GpuModel.named("nameless");
    open = GpuModel.named(name);
    Require.that(
        !nested,
        "Close that one with end.",
        () -> "A new block begins inside the one that line %s opens.".formatted(outer));
  }

  private void finish(GpuModel.Builder block, String rest) {
    open = null;
    Require.that(rest.isEmpty(), "Nothing may.", () -> "After end stands \"%s\".".formatted(rest));
    if (!broken) {
      models.add(block.build());
    }
  }

  private void readValue(GpuModel.Builder block, String key, String rest) {
    Require.that(
        !rest.isEmpty(),
        "Maybe the line was cut off.",
        () -> "After \"%s\" nothing stands.".formatted(key));
    boolean repeatable = key.equals("alias") || key.equals("profile");
    Require.that(
        repeatable || seen.add(key),
        "Maybe an end is missing.",
        () -> "\"%s\" stands twice in one block.".formatted(key));
    switch (key) {
      case "alias" -> block.alias(rest);
      case "memory" -> readMemory(block, rest);
      case "architecture" -> block.architecture(rest);
      case "compute" -> readCapability(block, rest);
      case "sms" -> block.multiprocessors(number("sms", rest));
      case "mig" -> readMig(block, Fields.of(rest));
      case "profile" -> readProfile(block, rest.split("\\s+", 2));
      default ->
          throw new IllegalArgumentException(
              "\"%s\" is not a word of a block.\nThose are: alias, memory, architecture, compute, sms, mig, profile, end."
                  .formatted(key));
    }
  }

  private static void readMemory(GpuModel.Builder block, String value) {
    if (value.startsWith("~")) {
      block.estimatedMemoryMiB(number("memory", value.substring(1)));
    } else {
      block.memoryMiB(number("memory", value));
    }
  }

  private static void readCapability(GpuModel.Builder block, String value) {
    int dot = value.indexOf('.');
    Require.that(
        dot > 0,
        "It looks like 9.0.",
        () -> "The compute capability (%s) has no dot.".formatted(value));
    block.compute(
        number("compute", value.substring(0, dot)), number("compute", value.substring(dot + 1)));
  }

  private static void readMig(GpuModel.Builder block, Fields fields) {
    int slices = number("slices", fields.required("slices"));
    int compute = number("compute", fields.required("compute"));
    String unit = fields.optional("unit");
    fields.refuseOthers();
    block.mig(slices, compute, unit == null ? 1 : number("unit", unit));
  }

  private static void readProfile(GpuModel.Builder block, String[] words) {
    MigProfile.Builder profile = MigProfile.named(words[0]);
    Fields fields = Fields.of(words.length > 1 ? words[1] : "");
    readPlaces(profile, fields);
    readProfileMemory(profile, fields.optional("memory"));
    String max = fields.optional("max");
    if (max != null) {
      profile.maxInstances(number("max", max));
    }
    String sms = fields.optional("sms");
    if (sms != null) {
      profile.multiprocessors(number("sms", sms));
    }
    String also = fields.optional("also");
    if (also != null) {
      List.of(also.split(",", -1)).forEach(profile::alias);
    }
    fields.refuseOthers();
    block.profile(profile);
  }

  private static void readPlaces(MigProfile.Builder profile, Fields fields) {
    String size = fields.optional("size");
    String starts = fields.optional("starts");
    Require.that(
        (size == null) == (starts == null),
        "Give both, or none where the starts are unknown.",
        () -> "Only one of size and starts is given.");
    if (size != null && starts != null) {
      int[] numbers =
          List.of(starts.split(",", -1)).stream()
              .mapToInt(start -> number("starts", start))
              .toArray();
      profile.placed(number("size", size), numbers);
    }
  }

  private static void readProfileMemory(MigProfile.Builder profile, @Nullable String value) {
    if (value == null) {
      return;
    }
    if (value.startsWith("~")) {
      profile.estimatedMemoryMiB(number("memory", value.substring(1)));
    } else {
      profile.memoryMiB(number("memory", value));
    }
  }

  private static int number(String key, String value) {
    boolean digits = !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
    Require.that(
        digits, NUMBERS_HELP, () -> "The %s (\"%s\") is not a whole number.".formatted(key, value));
    Require.that(
        value.length() <= 9,
        "Memory is written in MiB.",
        () -> "The %s (%s) is too large.".formatted(key, value));
    return Integer.parseInt(value);
  }

  private void problem(String text) {
    broken = true;
    problems.add("Line " + line + ": " + text);
  }
}

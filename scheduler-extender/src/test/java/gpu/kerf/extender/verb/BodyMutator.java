package gpu.kerf.extender.verb;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Changes valid bodies into invalid ones. */
final class BodyMutator {

  private static final Pattern VALUE =
      Pattern.compile(":\\s*(\"[^\"]*\"|-?[0-9]+|null|true|false|\\[\\]|\\{\\})");
  private static final Pattern FIELD = Pattern.compile("\"[A-Za-z]+\":\\s*(\"[^\"]*\"|null)");
  private static final List<String> VALUES =
      List.of(
          "null",
          "0",
          "-1",
          "1e400",
          "NaN",
          "Infinity",
          "-0.5",
          "99999999999999999999",
          "true",
          "\"\"",
          "\"9E\"",
          "\"-8Gi\"",
          "\"NaN\"",
          "\"8Gi\\u0000\"",
          "\"1e999999999\"",
          "\"٣Gi\"",
          "[]",
          "{}",
          "[[[[]]]]",
          "{\"a\":{\"a\":{}}}",
          "[null]",
          "[1,\"x\",{}]",
          "\"\\ud800\"",
          "\"unknown-node\"",
          "undefined",
          "'x'",
          "0x10",
          "1_000",
          "\"0.0000000001\"");
  private static final List<String> QUANTITIES =
      List.of(
          "0",
          "-1",
          "9E",
          "9Ei",
          "1e30",
          "NaN",
          "1e-30",
          "0.5",
          "8GB",
          " 8Gi",
          "8Gi ",
          "+8Gi",
          "1.5.5",
          "1e",
          "E",
          ".",
          "-",
          "99999999999999999999999999999999999999999999999",
          "8gi",
          "0x8",
          "∞",
          "64",
          "1Mi",
          "8Gi",
          "79Gi");

  private final Random random;

  BodyMutator(long seed) {
    this.random = new Random(seed);
  }

  Random random() {
    return random;
  }

  byte[] mangled(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    return switch (random.nextInt(13)) {
      case 0 -> Arrays.copyOf(body, random.nextInt(body.length + 1));
      case 1 -> bytes(deep(text));
      case 2 -> bytes(huge(text));
      case 3, 4 -> bytes(anotherValue(text));
      case 5 -> bytes(duplicate(text));
      case 6 -> noise(body);
      case 7, 8 -> bytes(quantity(text));
      case 9 -> bytes(text + VALUES.get(random.nextInt(VALUES.size())));
      case 10 -> bytes(anotherName(text));
      case 11 -> bytes(anotherValue(anotherValue(quantity(text))));
      default -> randomBytes();
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String deep(String text) {
    int depth = 1 + random.nextInt(5_000);
    String open = random.nextBoolean() ? "[" : "{\"x\":";
    String close = open.equals("[") ? "]" : "}";
    return replaced(text, open.repeat(depth) + "1" + close.repeat(random.nextInt(depth + 1)));
  }

  private String huge(String text) {
    String much =
        switch (random.nextInt(3)) {
          case 0 -> "\"" + "x".repeat(random.nextInt(100_000)) + "\"";
          case 1 -> "1".repeat(1 + random.nextInt(10_000));
          default -> "[" + "1,".repeat(random.nextInt(20_000)) + "1]";
        };
    return replaced(text, much);
  }

  private String anotherValue(String text) {
    return replaced(text, VALUES.get(random.nextInt(VALUES.size())));
  }

  /** Puts something else in the place of one value. */
  private String replaced(String text, String value) {
    Matcher matcher = VALUE.matcher(text);
    int wanted = random.nextInt(1 + (int) matcher.results().count());
    matcher.reset();
    for (int i = 0; matcher.find(); i++) {
      if (i == wanted) {
        return text.substring(0, matcher.start(1)) + value + text.substring(matcher.end(1));
      }
    }
    return value;
  }

  private String duplicate(String text) {
    Matcher matcher = FIELD.matcher(text);
    int wanted = random.nextInt(1 + (int) matcher.results().count());
    matcher.reset();
    for (int i = 0; matcher.find(); i++) {
      if (i == wanted) {
        return text.substring(0, matcher.end())
            + ","
            + matcher.group()
            + text.substring(matcher.end());
      }
    }
    return text + text;
  }

  private byte[] noise(byte[] body) {
    byte[] noisy = body.clone();
    int times = 1 + random.nextInt(8);
    for (int i = 0; i < times && noisy.length > 0; i++) {
      noisy[random.nextInt(noisy.length)] = (byte) random.nextInt(256);
    }
    return noisy;
  }

  private String quantity(String text) {
    String value = QUANTITIES.get(random.nextInt(QUANTITIES.size()));
    return text.replaceAll(
        "(\"kerf.gpu/(memory|whole)\"): *\"[^\"]*\"",
        "$1:\"" + Matcher.quoteReplacement(value) + "\"");
  }

  private String anotherName(String text) {
    return text.replace("gpu-a", "node-" + random.nextInt()).replace("gpu-c", "gpu-c\\u0000");
  }

  private byte[] randomBytes() {
    byte[] bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }
}

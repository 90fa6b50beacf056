package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads JSON token by token. It skips unknown fields and treats {@code null} like an absent field.
 * A field that is read must have the right type and occur once.
 */
final class JsonIn {

  /** The annotations of an object have 256 KiB together, so no string in it is longer. */
  private static final int LONGEST_STRING = 1 << 20;

  private static final int DEEPEST = 64;
  private static final int LONGEST_NUMBER = 64;
  private static final int LONGEST_NAME = 4096;

  private final JsonParser parser;
  private boolean ended;

  JsonIn(JsonParser parser) {
    this.parser = parser;
  }

  /** What reads a field; false if it does not know the name, and the value is skipped. */
  @FunctionalInterface
  interface Field {
    boolean read(String name) throws IOException, WireException;
  }

  /** What reads one element of an array. */
  @FunctionalInterface
  interface Element {
    void read() throws IOException, WireException;
  }

  /** What reads a whole document. */
  @FunctionalInterface
  interface Document<T> {
    T read(JsonIn in) throws IOException, WireException;
  }

  /** Parsers for bodies from untrusted clients: every size in them has a limit. */
  static JsonFactory factory() {
    return builder().build();
  }

  /**
   * The same for documents whose names are the sender's: they are not kept in a table, which a
   * hundred thousand of them would make slow for all that follow.
   */
  static JsonFactory factoryForAnyNames() {
    return builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build();
  }

  private static JsonFactoryBuilder builder() {
    StreamReadConstraints limits =
        StreamReadConstraints.builder()
            .maxNestingDepth(DEEPEST)
            .maxStringLength(LONGEST_STRING)
            .maxNumberLength(LONGEST_NUMBER)
            .maxNameLength(LONGEST_NAME)
            .build();
    return new JsonFactoryBuilder()
        .streamReadConstraints(limits)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(JsonFactory.Feature.CHARSET_DETECTION)
        .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION);
  }

  /** Reads a document that must hold one object and nothing behind it. */
  static <T> T read(JsonParser parser, String what, Document<T> reader) throws WireException {
    JsonIn in = new JsonIn(parser);
    try {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new WireException("The " + what + " is not a JSON object.\nSend {...}.");
      }
      T value = reader.read(in);
      if (!in.ended && parser.nextToken() != null) {
        throw new WireException("The " + what + " has something behind its end.");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new WireException("The " + what + in.where() + " cannot be read: " + plain(e));
    } catch (IOException | IllegalStateException e) {
      throw new WireException("The " + what + in.where() + " cannot be read: " + e.getMessage());
    }
  }

  static String plain(JsonProcessingException e) {
    String text = e.getOriginalMessage();
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }

  private String where() {
    String path = parser.getParsingContext().pathAsPointer().toString();
    String shown = path.length() > 120 ? path.substring(0, 120) + "…" : path;
    return shown.isEmpty() ? "" : " at " + shown;
  }

  /** What is wrong at the place that is being read. */
  WireException problem(String text) {
    return new WireException("The value" + where() + " " + text);
  }

  /** Reads the fields of an object; nothing if it is null. */
  void object(Field field) throws IOException, WireException {
    if (isNull()) {
      return;
    }
    expect(JsonToken.START_OBJECT, "an object");
    List<String> read = new ArrayList<>(8);
    while (!ended && parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (!field.read(name)) {
        parser.skipChildren();
      } else {
        refuseSecond(read, name);
      }
    }
  }

  private void refuseSecond(List<String> read, String name) throws WireException {
    String key = name.toLowerCase(Locale.ROOT);
    if (read.contains(key)) {
      throw problem("stands there twice.\nSend every key once.");
    }
    read.add(key);
  }

  /** The rest of the document has been read by other means, to its end. */
  void end() {
    ended = true;
  }

  /** Reads the elements of an array; nothing if it is null. */
  void array(Element element) throws IOException, WireException {
    if (isNull()) {
      return;
    }
    expect(JsonToken.START_ARRAY, "an array");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == null) {
        throw problem("ends before its end.");
      }
      element.read();
    }
  }

  /** Reads an object whose keys are names and whose values are texts or numbers. */
  Map<String, String> texts() throws IOException, WireException {
    if (isNull()) {
      return Map.of();
    }
    expect(JsonToken.START_OBJECT, "an object");
    Map<String, String> texts = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (texts.put(name, scalar()) != null) {
        throw problem("stands there twice.\nSend every key once.");
      }
    }
    return texts;
  }

  /** A text; empty if it is null. */
  String text() throws IOException, WireException {
    if (isNull()) {
      return "";
    }
    expect(JsonToken.VALUE_STRING, "a string");
    return parser.getText();
  }

  /** A text that must be there. */
  String name() throws IOException, WireException {
    expect(JsonToken.VALUE_STRING, "a string");
    return parser.getText();
  }

  /** A text or a number as it is written; empty if it is null. */
  String scalar() throws IOException, WireException {
    if (isNull()) {
      return "";
    }
    if (!parser.currentToken().isScalarValue()) {
      throw problem("must be a string or a number.");
    }
    return parser.getText();
  }

  int integer() throws IOException, WireException {
    if (isNull()) {
      return 0;
    }
    expect(JsonToken.VALUE_NUMBER_INT, "a whole number");
    return parser.getIntValue();
  }

  /** A whole number of any size; one that is too big for a long is the biggest one. */
  long bigInteger() throws IOException, WireException {
    if (isNull()) {
      return 0;
    }
    expect(JsonToken.VALUE_NUMBER_INT, "a whole number");
    BigInteger value = parser.getBigIntegerValue();
    boolean fits = value.bitLength() < Long.SIZE;
    return fits ? value.longValue() : value.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
  }

  boolean truth() throws WireException {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE && !isNull()) {
      throw problem("must be true or false.");
    }
    return token == JsonToken.VALUE_TRUE;
  }

  boolean isNull() {
    return parser.currentToken() == JsonToken.VALUE_NULL;
  }

  private void expect(JsonToken token, String what) throws WireException {
    if (parser.currentToken() != token) {
      throw problem("must be " + what + ".");
    }
  }

  JsonParser parser() {
    return parser;
  }
}

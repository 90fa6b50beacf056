package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeNamesTest {

  private final NodeNames names = new NodeNames();

  private int find(String name) {
    String pod = "{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"}}";
    String body = "{\"Pod\":" + pod + ",\"NodeNames\":[\"" + name + "\"]}";
    try {
      NodeList nodes = new WireReader(names).filter(body.getBytes(StandardCharsets.UTF_8)).nodes();
      return nodes.size() == 0 ? -1 : nodes.index(0);
    } catch (WireException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void itFindsWhatAMapFindsThroughAnyComingAndGoing() {
    Random random = new Random(7);
    Map<String, Integer> expected = new HashMap<>();
    List<Integer> free = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      free.add(i);
    }
    for (int step = 0; step < 20_000; step++) {
      String name = "node-" + random.nextInt(600);
      Integer index = expected.remove(name);
      if (index != null) {
        names.remove(name);
        free.add(index);
      } else if (!free.isEmpty()) {
        int given = free.remove(random.nextInt(free.size()));
        names.put(name, given);
        expected.put(name, given);
      }
      String asked = "node-" + random.nextInt(600);
      assertThat(find(asked)).isEqualTo(expected.getOrDefault(asked, -1));
    }
    assertThat(names.size()).isEqualTo(expected.size());
    expected.forEach((name, index) -> assertThat(names.name(index)).isEqualTo(name));
  }

  @Test
  void namesOfAnyLengthAreToldApart() {
    StringBuilder name = new StringBuilder();
    for (int length = 0; length < 70; length++) {
      name.append((char) ('a' + length % 26));
      names.put(name.toString(), length);
    }
    for (int length = 0; length < 70; length++) {
      assertThat(find(name.substring(0, length + 1))).isEqualTo(length);
    }
    names.remove(name.substring(0, 8));
    assertThat(find(name.substring(0, 8))).isEqualTo(-1);
    assertThat(find(name.substring(0, 9))).isEqualTo(8);
    assertThat(find("")).isEqualTo(-1);
  }

  @Test
  void namesThatNeedEscapesOrMoreThanAsciiAreFound() {
    names.put("ünïcode-☃", 3);
    names.put("quoted\"name", 4);
    names.put("plain", 5);
    assertThat(find("ünïcode-☃")).isEqualTo(3);
    assertThat(find("quoted\\\"name")).isEqualTo(4);
    assertThat(find("quoted\\u0022name")).isEqualTo(4);
    assertThat(find("\\u0070lain")).isEqualTo(5);
  }

  @Test
  void aNameIsWrittenAsJson() {
    assertThat(new String(JsonBuffer.jsonOf("a\"\\\n☃"), StandardCharsets.UTF_8))
        .isEqualTo("\"a\\\"\\\\\\u000a☃\"");
  }
}

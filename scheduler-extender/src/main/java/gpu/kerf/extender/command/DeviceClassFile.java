package gpu.kerf.extender.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.cluster.kubernetes.objects.DeviceClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A file of DeviceClasses in YAML or JSON, in documents of their own or in lists. */
final class DeviceClassFile {
  private DeviceClassFile() {}

  static List<DeviceClass> read(String file) throws IOException {
    List<DeviceClass> classes = new ArrayList<>();
    YAMLMapper yaml = new YAMLMapper();
    try (MappingIterator<JsonNode> documents =
        yaml.readerFor(JsonNode.class).readValues(InputFile.text(file))) {
      while (documents.hasNextValue()) {
        add(documents.nextValue(), classes);
      }
    } catch (JsonProcessingException e) {
      throw new IOException("The file " + file + " is not YAML: " + e.getOriginalMessage(), e);
    }
    return classes;
  }

  private static void add(JsonNode object, List<DeviceClass> classes) {
    object.path("items").forEach(each -> add(each, classes));
    // In a list of one kind, its objects need not say which.
    String kind = object.path("kind").asText("DeviceClass");
    if (kind.equals("DeviceClass") && !object.at("/metadata/name").asText("").isEmpty()) {
      classes.add(DeviceClass.read(object));
    }
  }
}

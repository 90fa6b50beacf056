package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.Topology;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs of a node, as an agent or an administrator writes them on it. A malformed part makes the
 * whole record invalid: a GPU that is misread is worse than one that is not used.
 *
 * <pre>
 * {"v":1,"gpus":[{"index":0,"uuid":"GPU-5d…","model":"H100-80GB","memoryMiB":81559,"mode":"mig","numa":0,
 *    "instances":[{"uuid":"MIG-7c…","profile":"1g.10gb","start":4}]}],
 *  "links":[{"a":0,"b":1,"kind":"nvlink","count":18}]}
 * </pre>
 *
 * <p>Starts are in the driver's units; kinds of links are {@code nvlink} and {@code pcie-switch}.
 * An unhealthy GPU has {@code "healthy":false}: it stays in the list, and gets no new pods.
 *
 * @param unusable the unhealthy GPUs, as bits
 */
public record InventoryRecord(List<GpuSpec> gpus, Topology topology, long unusable) {

  private static final JsonFactory JSON = JsonIn.factory();

  public InventoryRecord {
    gpus = List.copyOf(gpus);
  }

  /** Reads a record with the help of a catalogue of GPU models. */
  public static InventoryRecord parse(String json, GpuCatalog catalog) throws WireException {
    try (JsonParser parser = JSON.createParser(json)) {
      return JsonIn.read(parser, "inventory record", in -> new Draft(in, catalog).read());
    } catch (IOException e) {
      throw new WireException("The inventory record cannot be read: " + e.getMessage());
    }
  }

  private record Link(int a, int b, String kind, int count) {}

  /** A record while it is being read. */
  private static final class Draft {
    private final JsonIn in;
    private final GpuCatalog catalog;
    private final List<GpuSpec> gpus = new ArrayList<>();
    private final List<Integer> numa = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private int version;
    private long unusable;

    Draft(JsonIn in, GpuCatalog catalog) {
      this.in = in;
      this.catalog = catalog;
    }

    InventoryRecord read() throws IOException, WireException {
      in.object(
          field -> {
            switch (field) {
              case "v" -> version = in.integer();
              case "gpus" -> in.array(this::gpu);
              case "links" -> in.array(() -> links.add(link()));
              default -> {
                return false;
              }
            }
            return true;
          });
      if (version != 1) {
        throw new WireException("The inventory record has the version (" + version + "), not 1.");
      }
      return new InventoryRecord(gpus, topology(), unusable);
    }

    private void gpu() throws IOException, WireException {
      GpuDraft draft = new GpuDraft(in);
      in.object(draft::field);
      if (draft.index != gpus.size()) {
        throw in.problem(
            "is the GPU with the index ("
                + draft.index
                + ") where "
                + gpus.size()
                + " is expected.\nList the GPUs in the driver's order, none left out.");
      }
      try {
        gpus.add(draft.spec(catalog));
      } catch (IllegalArgumentException e) {
        throw in.problem("is GPU " + draft.index + ": " + e.getMessage());
      }
      numa.add(draft.numa);
      unusable |= draft.healthy ? 0 : 1L << draft.index;
    }

    private Link link() throws IOException, WireException {
      int[] numbers = {-1, -1, 1};
      String[] kind = {""};
      in.object(
          field -> {
            switch (field) {
              case "a" -> numbers[0] = in.integer();
              case "b" -> numbers[1] = in.integer();
              case "count" -> numbers[2] = in.integer();
              case "kind" -> kind[0] = in.text();
              default -> {
                return false;
              }
            }
            return true;
          });
      return new Link(numbers[0], numbers[1], kind[0], numbers[2]);
    }

    private Topology topology() throws WireException {
      try {
        Topology.Builder topology = Topology.of(gpus.size());
        for (int gpu = 0; gpu < gpus.size(); gpu++) {
          topology.numa(gpu, numa.get(gpu));
        }
        for (Link link : links) {
          add(link, topology);
        }
        return topology.build();
      } catch (IllegalArgumentException e) {
        throw new WireException("The inventory record: " + e.getMessage());
      }
    }

    private static void add(Link link, Topology.Builder topology) throws WireException {
      switch (link.kind) {
        case "nvlink" -> topology.nvlink(link.a, link.b, link.count);
        case "pcie-switch" -> topology.pcieSwitch(link.a, link.b);
        default ->
            throw new WireException(
                "The inventory record has a link of the kind ("
                    + link.kind
                    + ").\nWrite nvlink or pcie-switch.");
      }
    }
  }

  /** A MIG instance as it is written. */
  private record Instance(@Nullable String uuid, String profile, int start) {}

  /** One GPU while it is being read. */
  private static final class GpuDraft {
    private final JsonIn in;
    private int index = -1;
    private @Nullable String uuid;
    private String model = "";
    private int memoryMiB;
    private String mode = "plain";
    private int numa = -1;
    private boolean healthy = true;
    private final List<Instance> instances = new ArrayList<>();

    GpuDraft(JsonIn in) {
      this.in = in;
    }

    boolean field(String field) throws IOException, WireException {
      switch (field) {
        case "index" -> index = in.integer();
        case "uuid" -> uuid = in.text();
        case "model" -> model = in.text();
        case "memoryMiB" -> memoryMiB = in.integer();
        case "mode" -> mode = in.text();
        case "numa" -> numa = in.integer();
        case "healthy" -> healthy = in.truth();
        case "instances" -> in.array(() -> instances.add(instance()));
        default -> {
          return false;
        }
      }
      return true;
    }

    private Instance instance() throws IOException, WireException {
      @Nullable String[] texts = {null, ""};
      int[] start = {-1};
      in.object(
          field -> {
            switch (field) {
              case "uuid" -> texts[0] = in.text();
              case "profile" -> texts[1] = in.text();
              case "start" -> start[0] = in.integer();
              default -> {
                return false;
              }
            }
            return true;
          });
      return new Instance(texts[0], texts[1] == null ? "" : texts[1], start[0]);
    }

    GpuSpec spec(GpuCatalog catalog) {
      if (memoryMiB < 0) {
        throw new IllegalArgumentException("The memory (" + memoryMiB + " MiB) is negative.");
      }
      GpuMode known = GpuMode.parse(mode);
      GpuModel found = catalog.find(model, memoryMiB);
      if (found == null && known == GpuMode.PLAIN && memoryMiB > 0 && !model.isBlank()) {
        found = GpuModel.plain(model, memoryMiB);
      }
      if (found == null) {
        throw new IllegalArgumentException(
            "The model ("
                + model
                + ") with the memory ("
                + memoryMiB
                + " MiB) is not known.\nMaybe add it to the catalogue.");
      }
      return new GpuSpec(
          uuid, found, memoryMiB > 0 ? memoryMiB : found.memoryMiB(), known, instancesOf(found));
    }

    private List<MigInstance> instancesOf(GpuModel card) {
      List<MigInstance> known = new ArrayList<>();
      for (Instance instance : instances) {
        MigProfile profile = card.profile(instance.profile);
        if (profile == null) {
          throw new IllegalArgumentException(
              "The MIG profile (" + instance.profile + ") is none of a " + card.name() + ".");
        }
        known.add(new MigInstance(instance.uuid, profile, profile.startOfDriver(instance.start)));
      }
      return known;
    }
  }
}

package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.cluster.kubernetes.inventory.HamiRegister.Entry;
import gpu.kerf.extender.cluster.kubernetes.inventory.HamiRegister.Place;
import gpu.kerf.extender.cluster.kubernetes.inventory.HamiRegister.Profile;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.DriverDevices.Instance;
import gpu.kerf.model.hardware.DriverDevices.OfGpu;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.List;

/**
 * What HAMi's device plugin cuts on demand on a node in its operating mode {@code mig}, from HAMi
 * 2.10 on: the profiles of its allow-list, at the places that NVML gives them.
 *
 * <p>The plugin takes the first part of a profile's name for the profile, and makes the ordinary
 * instance with so many compute slices: under {@code 1g.10gb} of an A100-40GB, which has twice the
 * memory, it registers and makes a {@code 1g.5gb}. So a profile is offered only if it is ordinary
 * and each of its places has the size that the catalogue says.
 */
public final class HamiMigInventory {
  private final GpuCatalog catalog;

  public HamiMigInventory(GpuCatalog catalog) {
    this.catalog = catalog;
  }

  /** The GPUs of a node; those of which the plugin cuts nothing get no pods. */
  public Inventory of(NodeFacts node) throws WireException {
    List<Entry> entries = HamiRegister.read(node);
    List<GpuSpec> gpus = new ArrayList<>();
    List<OfGpu> devices = new ArrayList<>();
    Topology.Builder topology = Topology.of(entries.size());
    long unusable = 0;
    for (Entry entry : entries) {
      GpuModel card = Cards.find(catalog, entry.product(), entry.memoryMiB());
      List<Instance> places = places(card, entry);
      GpuModel model = card.offering(profile -> starts(profile, places));
      boolean cuts = model.migCapable() && !places.isEmpty();
      refuseWithoutUuid(entry);
      topology.numa(gpus.size(), entry.numa());
      unusable |= cuts && entry.healthy() ? 0 : 1L << gpus.size();
      gpus.add(
          new GpuSpec(
              entry.uuid(),
              cuts ? model : card,
              card.memoryMiB(),
              cuts ? GpuMode.MIG_DYNAMIC : GpuMode.PLAIN,
              List.of()));
      devices.add(cuts ? new OfGpu(null, places(model, entry), null) : OfGpu.NOTHING);
    }
    if (gpus.stream().noneMatch(gpu -> gpu.mode() == GpuMode.MIG_DYNAMIC)) {
      throw new WireException(
          "HAMi's device plugin registers no MIG profile of the node that Kerf knows (migProfiles"
              + " in the annotation "
              + HamiRegister.ANNOTATION
              + ").\nIt does from HAMi 2.10 on, in the operating mode mig and for the profiles of"
              + " its migProfileAllowlist.");
    }
    return new Inventory(
        gpus, topology.build(), unusable, new DriverDevices("hami", node.name(), devices));
  }

  private static void refuseWithoutUuid(Entry entry) throws WireException {
    if (entry.uuid().isBlank()) {
      throw new WireException(
          "The annotation "
              + HamiRegister.ANNOTATION
              + " has a GPU (index "
              + entry.index()
              + ") without an id, by which HAMi's device plugin knows it.");
    }
  }

  /** The instances by the plugin's names of their profiles. */
  private static List<Instance> places(GpuModel model, Entry entry) throws WireException {
    List<Instance> places = new ArrayList<>();
    if (!entry.mode().equals(HamiRegister.MIG)) {
      return places;
    }
    for (Profile registered : entry.profiles()) {
      MigProfile profile = model.profile(registered.name());
      if (profile != null && profile.isOrdinary() && isAsLarge(registered, profile, model)) {
        refuseLessMemory(registered, profile, model);
        for (Place place : registered.places()) {
          int start = profile.sliceOfDriver(place.start());
          if (start >= 0) {
            places.add(new Instance(profile, start, registered.name()));
          }
        }
      }
    }
    return places;
  }

  private static boolean isAsLarge(Profile registered, MigProfile profile, GpuModel model) {
    int size = profile.size() * model.placementUnit();
    return registered.places().stream().allMatch(place -> place.size() == size);
  }

  private static void refuseLessMemory(Profile registered, MigProfile profile, GpuModel model)
      throws WireException {
    if (registered.memoryMiB() > 0
        && profile.promisesMemory()
        && registered.memoryMiB() < profile.memoryMiB()) {
      throw new WireException(
          "The memory ("
              + registered.memoryMiB()
              + " MiB) of the MIG profile "
              + registered.name()
              + " in the annotation "
              + HamiRegister.ANNOTATION
              + " is less than the "
              + profile.memoryMiB()
              + " MiB that Kerf would promise of a "
              + model.name()
              + ".\nMaybe the catalogue has other profiles than the card; see"
              + " docs/how-to/add-a-gpu-model.md.");
    }
  }

  private static int starts(MigProfile profile, List<Instance> places) {
    return places.stream()
        .filter(place -> place.profile().equals(profile))
        .mapToInt(place -> 1 << place.start())
        .reduce(0, (one, other) -> one | other);
  }
}

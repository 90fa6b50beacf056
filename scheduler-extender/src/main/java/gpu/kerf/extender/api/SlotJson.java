package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.SlotDevice;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The fields of a slot as JSON that say which part of the GPU it is. */
final class SlotJson {

  private SlotJson() {}

  /** Adds the name of its device where another program hands it out by that name. */
  static void device(JsonGenerator out, Slot slot, @Nullable NodeState node) throws IOException {
    DriverDevices devices = node == null ? null : node.spec().devices();
    String name = devices == null ? null : SlotDevice.of(slot, devices);
    if (name != null) {
      out.writeStringField("device", name);
    }
  }

  /** Adds its fields to an object that is open. */
  static void fields(JsonGenerator out, Slot slot) throws IOException {
    if (slot instanceof Slot.Mig mig) {
      out.writeStringField("kind", "mig");
      out.writeNumberField("memoryMiB", mig.memoryMiB());
      out.writeStringField("profile", mig.profile().name());
      out.writeNumberField("start", mig.start());
      out.writeNumberField("size", mig.profile().size());
    } else if (slot instanceof Slot.Share share) {
      out.writeStringField("kind", "mps");
      out.writeNumberField("memoryMiB", share.memoryMiB());
      out.writeNumberField("smMilli", share.smMilli());
    } else {
      out.writeStringField("kind", "whole");
      out.writeNumberField("memoryMiB", slot.memoryMiB());
    }
  }
}

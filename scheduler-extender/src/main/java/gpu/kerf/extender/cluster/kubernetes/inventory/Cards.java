package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;

/** Finds the GPU model of a product name. */
final class Cards {

  private Cards() {}

  /**
   * The same where the memory that is said is less than what the card has: it chooses between cards
   * of one name, and is believed where no catalogue knows the card.
   */
  static GpuModel named(GpuCatalog catalog, String product, int usableMiB) throws WireException {
    GpuModel known = catalog.find(product, 0);
    return known != null ? known : find(catalog, product, usableMiB);
  }

  /**
   * A card that no catalogue knows can still be used, whole or by MPS, where its memory is known.
   */
  static GpuModel find(GpuCatalog catalog, String product, int memoryMiB) throws WireException {
    try {
      GpuModel model = catalog.find(product, memoryMiB);
      if (model == null && memoryMiB > 0 && !product.isBlank()) {
        model = GpuModel.plain(product, memoryMiB);
      }
      if (model != null) {
        return model;
      }
    } catch (IllegalArgumentException e) {
      throw new WireException(String.valueOf(e.getMessage()));
    }
    throw new WireException(
        "The GPU product ("
            + product
            + ") is not known, and its memory is not said.\nMaybe publish kerf.gpu/inventory.");
  }
}

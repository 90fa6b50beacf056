package gpu.kerf.model.demand;

import java.util.Locale;

/** What keeps two tenants' memory apart on one GPU. */
public enum Wall {
  /** The hardware does: each tenant has its own MIG instance. */
  MIG,
  /** The MPS server does: each tenant has a pinned memory limit. */
  MPS,
  /** Nothing needs to: the tenant has the whole GPU. */
  NONE;

  /** The word that records and annotations use. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package gpu.kerf.model.hardware;

import java.util.Locale;

/** How the containers of a node receive their devices, and which program hands the devices out. */
public enum DeliveryWay {
  /** By environment variables; no device plugin has a say. */
  ENV(1),
  /** HAMi's device plugin, which reads its decision on the pod. */
  HAMI(2),
  /** gpushare's device plugin, which reads its decision on the pod. */
  GPUSHARE(4),
  /** A DRA driver, which reads the allocation of a ResourceClaim. */
  DRA(8),
  /** HAMi's device plugin in MIG mode, which makes the instance that it reads on the pod. */
  HAMI_MIG(16);

  private final int bit;

  DeliveryWay(int bit) {
    this.bit = bit;
  }

  /** Sets of ways are the bits of an int. */
  public int bit() {
    return bit;
  }

  /**
   * The word that nodes are labelled with: {@code env}, {@code hami}, {@code gpushare}, {@code
   * dra}, {@code hami-mig}.
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether another program hands the GPUs out by names of its own. */
  public boolean namesDevices() {
    return this == DRA || this == HAMI_MIG;
  }

  public static DeliveryWay parse(String word) {
    for (DeliveryWay way : values()) {
      if (way.word().equals(word)) {
        return way;
      }
    }
    throw new IllegalArgumentException(
        "The delivery ("
            + word
            + ") is not known.\nWrite one of env, hami, gpushare, dra, hami-mig.");
  }
}

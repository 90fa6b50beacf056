package gpu.kerf.extender.kueue;

/** Receives what becomes of Kueue's objects, on the thread that owns the ledger. */
public interface KueueListener {

  /** A Workload is there, or is another than before. */
  void workloadChanged(Workload workload);

  void workloadGone(String uid);

  /** An AdmissionCheck is there, or is another than before; those of other controllers, too. */
  void checkChanged(AdmissionCheck check);

  void checkGone(String name);

  /** A ResourceFlavor is there, or is another than before. */
  void flavorChanged(Flavor flavor);

  void flavorGone(String name);
}

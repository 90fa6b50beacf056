package gpu.kerf.model.fleet;

import java.util.Comparator;

/**
 * Devices of a node that are allocated to a claim. Kerf did not choose them, or does not know any
 * more that it did; so they are held beside what the pods of the ledger hold.
 *
 * @param uid of the claim, or of a pod of another scheduler that has instances by its annotations
 * @param pod the uid of the pod for which Kerf wrote the claim; empty for a claim of others. While
 *     the ledger knows that pod, the claim holds nothing beside it
 * @param namespace of the claim or pod; with its name for people, who know it by these
 * @param name of the claim or pod
 * @param grant the devices, by names that stay valid when the order of GPUs changes
 */
public record ForeignHold(String uid, String pod, String namespace, String name, Grant grant) {
  static final Comparator<ForeignHold> ORDER = Comparator.comparing(ForeignHold::uid);
}

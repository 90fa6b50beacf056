package gpu.kerf.extender.usage;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.usage.UsagePart;
import java.util.List;

/**
 * What a pod held of GPUs until its containers had ended.
 *
 * @param owner what made the pod: {@code Job/train}, or the pod itself
 * @param team empty for none
 * @param parts what it held at the end
 * @param sinceMillis when it began to count
 * @param endMillis when it ended to count
 */
public record ReleasedPod(
    PodView.Ref pod,
    String owner,
    String team,
    List<UsagePart> parts,
    long sinceMillis,
    long endMillis) {}

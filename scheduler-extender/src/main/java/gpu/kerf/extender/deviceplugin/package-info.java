/** A device plugin of the kubelet's, by which containers reach their node's MPS daemon. */
@NullMarked
package gpu.kerf.extender.deviceplugin;

import org.jspecify.annotations.NullMarked;

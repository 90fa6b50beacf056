/** Tests of the device plugin for MPS. */
@NullMarked
package gpu.kerf.extender.deviceplugin;

import org.jspecify.annotations.NullMarked;

@NullMarked
package gpu.kerf.extender.settings;

import org.jspecify.annotations.NullMarked;

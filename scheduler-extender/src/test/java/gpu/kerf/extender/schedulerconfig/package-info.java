@NullMarked
package gpu.kerf.extender.schedulerconfig;

import org.jspecify.annotations.NullMarked;

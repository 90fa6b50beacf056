@NullMarked
package gpu.kerf.extender.client;

import org.jspecify.annotations.NullMarked;

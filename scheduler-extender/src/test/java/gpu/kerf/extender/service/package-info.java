@NullMarked
package gpu.kerf.extender.service;

import org.jspecify.annotations.NullMarked;

/** What the tests of the model say things with. */
@NullMarked
package gpu.kerf.model;

import org.jspecify.annotations.NullMarked;

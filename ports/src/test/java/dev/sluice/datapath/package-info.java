/** A door to the worker's own segmenter, which nothing outside its package may use, for its comparison with the kernel. */
@NullMarked
package dev.sluice.datapath;

import org.jspecify.annotations.NullMarked;

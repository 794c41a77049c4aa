/** Tests of the commands, by what they print and return. */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;

/** Tests of what the demonstration writes; its whole run is a system test of the command line. */
@NullMarked
package dev.sluice.lab.demo;

import org.jspecify.annotations.NullMarked;

/** Tests of the example nodes, those in other languages included. */
@NullMarked
package dev.sluice.sdk.example;

import org.jspecify.annotations.NullMarked;

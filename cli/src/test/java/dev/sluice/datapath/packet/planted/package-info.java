@NullMarked
package dev.sluice.datapath.packet.planted;

import org.jspecify.annotations.NullMarked;

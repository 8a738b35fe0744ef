/** node-postgres, directly and through the gateway. */
import { testSameInBothPlaces } from "../in-process.ts";
import { workload } from "./workload.ts";

testSameInBothPlaces("node-postgres", workload);

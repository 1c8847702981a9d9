/* sealed: a WeChat message in safe mode, sealed and signed with the openssl program, not with ours:
 * key "0123456789abcdefghijklmnopqrstuv", app wx1; the foreign one is for app wx2. Timestamp
 * 1795255200, nonce "nonce". */
#pragma once

#define SEALED_TOKEN "weixin-token"
#define SEALED_KEY "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY"
#define SEALED                                                                                     \
    "fcNrWuyy1a6MToHMuT95gEfCBwA6N8dDoWGuoX1Trof2o1DTZw/nMonOl05EXomMscriO1djjB3q"                 \
    "FAR1FDl+tAVtUnhxAhQ2F3idpxMHgrMOMxAXsAszWZst0wYf+Ubbg9GbXH2Df5FcmDkGnOajY2q5"                 \
    "nAVhtRsqu6cqeCkS/qFJSRNMW7Nh2NqXXXr+PtMFn3MQvFK03TvHl08E6uGr5g=="
#define SEALED_SIGNATURE "a9e66c60e496a28b7cb55565ffde13a0c8393647"
#define SEALED_FOREIGN                                                                             \
    "fcNrWuyy1a6MToHMuT95gEfCBwA6N8dDoWGuoX1Trof2o1DTZw/nMonOl05EXomMscriO1djjB3q"                 \
    "FAR1FDl+tAVtUnhxAhQ2F3idpxMHgrMOMxAXsAszWZst0wYf+Ubbg9GbXH2Df5FcmDkGnOajY2q5"                 \
    "nAVhtRsqu6cqeCkS/qFJSRNMW7Nh2NqXXXr+PtMFr0/+/YzKAWo55YwqE2YsJA=="
#define SEALED_PLAIN_SIGNATURE "100f6c14676ba973ef8c5deec83e97a78d0fa9d2"
#define SEALED_OTHER_SIGNATURE "e2a956b4c8280a0369aeaffd1ac9d41ca64fc14d"

export default stream

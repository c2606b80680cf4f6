/// One thing that somebody at a branch does while there is no network.
struct DemoEdit: Hashable, Sendable {
  let branch: DemoBranch
  let words: String
  let sql: String

  /// In the order of the clock.
  static let all: [DemoEdit] = [
    DemoEdit(
      branch: .nanshan, words: "腾岳电子科技 has a new phone: 0755-5550-8801",
      sql: "UPDATE customer SET phone = '0755-5550-8801' WHERE customer_id = 'NS-0003'"),
    DemoEdit(
      branch: .luohu, words: "the same customer's phone, a little later: 0755-5550-9402",
      sql: "UPDATE customer SET phone = '0755-5550-9402' WHERE customer_id = 'NS-0003'"),
    DemoEdit(
      branch: .nanshan, words: "蓝屿咖啡 has moved to 海德三道 66 号",
      sql: "UPDATE customer SET address = '海德三道 66 号' WHERE customer_id = 'NS-0002'"),
    DemoEdit(
      branch: .field, words: "蓝屿咖啡 was visited and wants card terminals: a note",
      sql: """
        UPDATE customer SET note = 'Four shops; wants card terminals'
        WHERE customer_id = 'NS-0002';
        INSERT INTO visit VALUES
          ('LW-V-0001', 'NS-0002', '2026-03-02', 'Lin Wei', 'Opens a fourth shop in May');
        """),
    DemoEdit(
      branch: .luohu, words: "口岸快餐 has closed its account: the row is deleted",
      sql: "DELETE FROM customer WHERE customer_id = 'LH-0007'"),
    DemoEdit(
      branch: .field, words: "口岸快餐 has a new phone: 0755-5550-6607",
      sql: "UPDATE customer SET phone = '0755-5550-6607' WHERE customer_id = 'LH-0007'"),
    DemoEdit(
      branch: .nanshan, words: "a new customer: 晨星数控",
      sql: """
        INSERT INTO customer VALUES ('NS-0025', '晨星数控', 'Daystar CNC', 'company',
          '0755-5550-0125', 'hi@daystar.example', '南山区', '松坪山路 15 号', '何嘉', NULL)
        """),
    DemoEdit(
      branch: .luohu, words: "a new customer: Lotus & Pine Books",
      sql: """
        INSERT INTO customer VALUES ('LH-0025', 'Lotus & Pine Books', NULL, 'company',
          '0755-5550-0225', 'books@lotuspine.example', '罗湖区', '乐园路 31 号', '邓晓岚', NULL)
        """),
    DemoEdit(
      branch: .field, words: "a new customer: 海蓝潜水",
      sql: """
        INSERT INTO customer VALUES ('LW-0001', '海蓝潜水', 'Sea Blue Diving', 'company',
          '0755-5550-0301', NULL, '盐田区', '大梅沙盐梅路 9 号', 'Lin Wei', NULL)
        """),
  ]
}
